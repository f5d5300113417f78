#!/usr/bin/env node
require('../dist/fle-objdump.cjs')
