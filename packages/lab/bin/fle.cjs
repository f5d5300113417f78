#!/usr/bin/env node
require('../dist/fle.cjs')
