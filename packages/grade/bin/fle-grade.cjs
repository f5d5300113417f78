#!/usr/bin/env node
require('../dist/fle-grade.cjs')
