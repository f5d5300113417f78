#!/usr/bin/env node
require('../dist/fle-diff.cjs')
