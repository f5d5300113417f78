import { runCommand } from '@fle/diagnostics/node'
import { main } from './size/cli.ts'

void runCommand('fle-size', main)
