#!/usr/bin/env node
require('../dist/fle-ld.cjs')
