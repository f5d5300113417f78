#!/usr/bin/env node
require('../dist/fle-as.cjs')
