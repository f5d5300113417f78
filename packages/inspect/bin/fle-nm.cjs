#!/usr/bin/env node
require('../dist/fle-nm.cjs')
