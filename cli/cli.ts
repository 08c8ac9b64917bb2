import { openInstallation } from './open-installation.ts'
import { runCli } from './run-cli.ts'
import { createTerminal } from './terminal.ts'

// A reader that has seen enough, such as head, is no failure.
process.stdout.on('error', () => process.exit(0))

const { stdin: input, stdout: output, stderr: errors } = process
const exitCode = await runCli(process.argv.slice(2), {
  terminal: createTerminal({ input, output, errors }),
  open: openInstallation(process.cwd()),
})
output.write('', () => process.exit(exitCode))
