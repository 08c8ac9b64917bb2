/**
 * The statements of the migrations that make damaged triggers and functions again.
 *
 * @param damage  lines of `findTriggerDamage()`: table, trigger, what is expected of it, its function and a digest
 */
export function repairOf(damage: readonly string[], migrations: string): string {
  const statements = migrations.split('--> statement-breakpoint').map(withoutComments)
  const repairs = damage.flatMap((line) => {
    const [table = '', name = '', ...rest] = line.split(' ')
    if (table === 'function') return functionRepair(statements, name)
    return [...functionRepair(statements, rest.at(-2) ?? ''), ...triggerRepair(statements, table, name)]
  })
  return [...new Set(repairs)].join('\n')
}

function functionRepair(statements: readonly string[], name: string): string[] {
  const made = statements.findLast((text) =>
    new RegExp(`^CREATE (OR REPLACE )?FUNCTION ${name}\\(`).test(text),
  )
  return made ? [made.replace(/^CREATE FUNCTION/, 'CREATE OR REPLACE FUNCTION')] : []
}

function triggerRepair(statements: readonly string[], table: string, name: string): string[] {
  const made = statements.findLast((text) =>
    new RegExp(`^CREATE TRIGGER ${name}\\s[\\s\\S]*\\sON ${table}\\s`).test(text),
  )
  const enabled = `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name};`
  const isAlways = statements.includes(enabled)
  return made ? [`DROP TRIGGER IF EXISTS ${name} ON ${table};`, made, ...(isAlways ? [enabled] : [])] : []
}

function withoutComments(statement: string): string {
  return statement.replace(/^--.*$/gm, '').trim()
}
