#!/usr/bin/env node
require('../dist/fle-size.cjs')
