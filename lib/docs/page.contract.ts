import { z } from 'zod'
import { type Contract, contract } from '#lib/http/contract.ts'

type PageNames = Pick<Contract, 'operationId' | 'path' | 'summary' | 'description'>

/** A page for developers: of the endpoint table, so that it is served wherever the operations are, also without React. */
export function pageContract<const Names extends PageNames>(names: Names) {
  return contract({
    ...names,
    method: 'GET',
    tag: 'operations',
    principal: 'none',
    responses: { 200: z.string() },
    problems: [],
    mediaType: 'text/html; charset=utf-8',
  })
}
