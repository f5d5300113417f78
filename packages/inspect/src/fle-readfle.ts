import { runCommand } from '@fle/diagnostics/node'
import { main } from './readfle/cli.ts'

void runCommand('fle-readfle', main)
