import { expect, test } from 'vitest'
import {
  accountBudget,
  addressBudget,
  addressBudgets,
  currentPasswordBudget,
  delayAfter,
} from './budget-policies.ts'

test('five refusals of an account are free, then the delay doubles from one second to fifteen minutes', () => {
  const budget = accountBudget('account:1')
  const delays = Array.from({ length: 18 }, (_, refused) => delayAfter(budget, refused))
  expect(delays).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
})

test('it never grows beyond that, nor beyond what a number holds', () => {
  for (const refused of [100, 1000, 1e6, 2 ** 31])
    expect(delayAfter(accountBudget('account:1'), refused)).toBe(900)
})

test('an account is forgotten after a day', () => {
  expect(accountBudget('account:1')).toMatchObject({ key: 'account:1', free: 5, windowSeconds: 86_400 })
})

test('an address block has a fixed window: 20 in 5 minutes, and no delay of its own', () => {
  const budget = addressBudget('192.0.2.1')
  expect(budget).toMatchObject({
    key: 'address:192.0.2.1',
    free: 20,
    windowSeconds: 300,
    delayMaxSeconds: null,
  })
  expect(delayAfter(budget, 100)).toBe(0)
})

test('an IPv6 block is counted with its /48 too: 200 in 5 minutes', () => {
  const block = '2001:db8:1:2::/64'
  const site = { key: 'address:2001:db8:1::/48', free: 200, windowSeconds: 300, delayMaxSeconds: null }

  expect(addressBudgets(block)).toEqual([addressBudget(block), { name: 'sign-in-site', ...site }])
  expect(addressBudgets('192.0.2.1')).toEqual([addressBudget('192.0.2.1')])
})

test('current passwords are counted by session, on no account of a sign-in', () => {
  const budget = currentPasswordBudget('a-session')
  expect(budget).toEqual({
    ...accountBudget('current_password:a-session'),
    name: 'current-password',
  })
  expect(delayAfter(budget, 5)).toBe(1)
})
