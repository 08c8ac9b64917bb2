import { fillPlaceholders, type Placeholder, type SQL, sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'

const dialect = new PgDialect({ casing: 'snake_case' })

/** One statement with its values; `Row` is what its rows look like (phantom, for the type of the answer). */
export interface Query<Row extends object> {
  name: string
  text: string
  values: unknown[]
  readonly row?: Row
}

/**
 * Compiles a Drizzle template once and returns a function that binds values to it.
 *
 * Columns are written as `${sessions.endedAt}`, so a renamed column is a type error; the text is made at load time,
 * so a call costs no query building; the name lets PostgreSQL keep the plan on each connection.
 *
 * @param name   stable and unique: it shows in pg_stat_statements and pg_prepared_statements
 * @param build  receives a placeholder for each parameter
 */
export function statement<Parameters, Row extends object = object>(
  name: string,
  build: (parameter: Record<keyof Parameters, Placeholder>) => SQL,
): (parameters: Parameters) => Query<Row> {
  const placeholders = new Proxy({} as Record<keyof Parameters, Placeholder>, {
    get: (_, key) => sql.placeholder(String(key)),
  })
  const { sql: text, params } = dialect.sqlToQuery(build(placeholders))
  return (parameters) => ({
    name,
    text,
    values: fillPlaceholders(params, parameters as Record<string, unknown>),
  })
}
