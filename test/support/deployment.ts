import { freePort } from '#server/free-port.ts'
import { type ProcessServer, startServer, strictVariables } from './process-server.ts'

/** Processes of one deployment: one database, one public address, so that each takes the credentials of the others. */
export async function startDeployment(
  count: number,
  parts: { clone: string; databaseUrl: string; variables?: Record<string, string> },
): Promise<ProcessServer[]> {
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()))
  const [publicPort = 0] = ports
  return Promise.all(
    ports.map((port) =>
      startServer({
        clone: parts.clone,
        variables: {
          ...strictVariables(parts.databaseUrl, port),
          APP_URL: `http://localhost:${publicPort}`,
          ALLOWED_HOSTS: ports.map((one) => `localhost:${one}`).join(),
          ...parts.variables,
        },
      }),
    ),
  )
}
