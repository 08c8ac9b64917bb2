import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/** What the provider stores, by kind and id. */
export type ProviderStore = Map<string, AdapterPayload>

/** A store of one provider, lost with it; nothing in it expires by itself: the provider looks at `exp`. */
export function memoryAdapter(): { store: ProviderStore; adapter: AdapterFactory } {
  const store: ProviderStore = new Map()
  return { store, adapter: (kind) => adapterOf(kind, store) }
}

function adapterOf(kind: string, store: ProviderStore): Adapter {
  const findBy = (name: 'uid' | 'userCode', value: string) =>
    [...store].find(([key, payload]) => key.startsWith(`${kind}:`) && payload[name] === value)?.[1]
  return {
    upsert: async (id, payload) => void store.set(`${kind}:${id}`, payload),
    find: async (id) => store.get(`${kind}:${id}`),
    findByUid: async (uid) => findBy('uid', uid),
    findByUserCode: async (userCode) => findBy('userCode', userCode),
    consume: async (id) => {
      const payload = store.get(`${kind}:${id}`)
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async (id) => void store.delete(`${kind}:${id}`),
    revokeByGrantId: async (grantId) => {
      for (const [key, payload] of store) if (payload.grantId === grantId) store.delete(key)
    },
  }
}
