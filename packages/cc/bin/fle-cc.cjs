#!/usr/bin/env node
require('../dist/fle-cc.cjs')
