import { type Placeholder, sql } from 'drizzle-orm'
import { roles, userRoles, users } from '../schema.ts'

/** Limits of the sessions of everybody who has a role. */
export interface RoleLimit {
  /** Upper-case name. */
  role: string
  idleSeconds: number
  absoluteSeconds: number
}

/** The form in which a statement is given them: an object by the names of the roles. */
export function writeRoleLimits(limits: readonly RoleLimit[]): string {
  return JSON.stringify(Object.fromEntries(limits.map(({ role, ...limit }) => [role, limit])))
}

/**
 * The strictest limits that the roles of a user set, as one row `strictest` beside `users`, with the sorted names of the
 * roles; null where they set none. Found at the time of the statement, so a role that is granted tightens the sessions
 * that are there.
 */
export function strictestLimits(roleLimits: Placeholder) {
  const limit = sql`${roleLimits}::jsonb -> ${roles.name}`
  return sql`lateral (
    select coalesce(array_agg(${roles.name} order by ${roles.name}), '{}') as roles,
      min((${limit} ->> 'idleSeconds')::integer) as idle_seconds,
      min((${limit} ->> 'absoluteSeconds')::integer) as absolute_seconds
    from ${userRoles} join ${roles} on ${roles.id} = ${userRoles.roleId}
    where ${userRoles.userId} = ${users.id}
  ) as strictest`
}
