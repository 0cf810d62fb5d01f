import { remember } from '../../src/manager/remember.js'

test('a hundred entries are kept: the oldest makes room', () => {
  const map = new Map<string, number>()
  for (let number = 1; number <= 101; number++) remember(map, `token ${String(number)}`, number)
  expect([map.size, map.has('token 1'), map.has('token 2')]).toEqual([100, false, true])
})
