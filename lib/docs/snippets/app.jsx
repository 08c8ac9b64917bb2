// src/App.jsx
import { useEffect, useState } from 'react'
import { login, logout, me, register } from './auth.js'

export default function App() {
  const [user, setUser] = useState() // not known yet; null: nobody
  const [failure, setFailure] = useState(null)

  useEffect(() => {
    me().then(setUser, setFailure)
  }, [])

  async function signIn(event) {
    event.preventDefault()
    setFailure(null)
    const form = Object.fromEntries(new FormData(event.currentTarget))
    try {
      if (form.username) await register(form)
      setUser(await login(form.email, form.password))
    } catch (error) {
      setFailure(error)
    }
  }

  function signOut() {
    logout().then(() => setUser(null), setFailure)
  }

  if (user === undefined) return <p>{failure?.message ?? 'One moment …'}</p>
  if (user) {
    return (
      <p>
        Signed in as {user.username}.{' '}
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </p>
    )
  }
  return (
    <form onSubmit={signIn}>
      <p>
        <label>
          Email <input name="email" type="email" required />
        </label>
      </p>
      <p>
        <label>
          User name, for a new account <input name="username" />
        </label>
      </p>
      <p>
        <label>
          Password <input name="password" type="password" required />
        </label>
      </p>
      <button type="submit">Sign in</button>
      {failure && <p role="alert">{failure.message}</p>}
    </form>
  )
}
