#!/usr/bin/env node
require('../dist/fle-exec.cjs')
