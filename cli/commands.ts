import { adminCommands } from './admin-commands.ts'
import type { Command } from './command.ts'
import { installationCommands } from './installation-commands.ts'
import { keyCommands } from './key-commands.ts'
import { sessionCommands } from './session-commands.ts'
import { userCommands } from './user-commands.ts'

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  ...userCommands,
  ...sessionCommands,
  ...adminCommands,
  ...keyCommands,
  ...installationCommands,
]
