import { ConsoleLogger } from 'aws-amplify/utils'
import { plainRecipe } from './plainRecipe.js'
import { scenes } from './scenes.js'
import { playScene } from './stage.js'
import { alignedRow, bold, dim, green, print, red } from './terminal.js'
import { withBearer } from './withBearer.js'

const WIDTHS = [1, 14, 26, -10, -6, -14, -9]
const HEADINGS = ['', '', '', 'answered', 'sends', 'refresh calls', 'took']
/** What amplify-bearer promises where a step says nothing else. */
const USUAL = { bare: 0, failures: '', told: '', signedIn: true }

// Amplify warns of every endpoint that is not its own.
ConsoleLogger.LOG_LEVEL = 'ERROR'

print(bold('Seven hard moments of a signed-in app: with amplify-bearer, and with the recipe in wide use'))
const INTRODUCTION = `
The real aws-amplify, axios and fetch, in turn against a local user pool and API of their own.
The pool takes 20 ms a call and rotates refresh tokens without a grace period; storage takes 2 ms
an operation, as on a phone. Everything below was measured just now:
sends are requests that reached the API, refresh calls those that reached the pool.`
for (const line of INTRODUCTION.trim().split('\n')) print(dim(line))

const brokenScenes = []
for (const [index, scene] of scenes.entries()) {
  const number = index + 1
  print(`\n${bold(`${number}  ${scene.title}`)}`)
  print(dim(alignedRow(HEADINGS, WIDTHS)))
  const ours = await play(scene, 'amplify-bearer', withBearer, differences)
  const theirs = await play(scene, 'plain recipe', plainRecipe)
  for (const problem of [...ours, ...theirs]) print(red(`   Not held: ${problem}`))
  if (ours.length + theirs.length > 0) brokenScenes.push(number)
}

print()
if (brokenScenes.length === 0) {
  print(green(bold(`Held: in all ${scenes.length} scenes amplify-bearer did what it promises.`)))
} else {
  print(red(bold(`Not held: scene ${brokenScenes.join(', ')} of ${scenes.length}.`)))
  process.exitCode = 1
}

/** Plays a scene with one client and prints each step when it is over. Returns what is not as it should be. */
async function play(scene, name, createClient, judge) {
  const problems = []
  let label = name
  try {
    await playScene(scene, createClient, (step, promised, measured) => {
      const found = judge?.(step, promised, measured) ?? []
      problems.push(...found)
      const mark = !judge ? ' ' : found.length === 0 ? green('✓') : red('✗')
      print(alignedRow([mark, label, step, ...figures(measured)], WIDTHS))
      for (const remark of remarks(measured)) print(dim(alignedRow(['', '', `  ${remark}`], WIDTHS)))
      label = ''
    })
  } catch (error) {
    problems.push(`${name} broke off with ${error.name}: ${error.message}`)
  }
  return problems
}

function figures({ answered, requests, sends, refreshCalls, ms }) {
  return [`${answered} of ${requests}`, sends, refreshCalls, `${Math.round(ms)} ms`]
}

function remarks({ failures, bare, told, signedIn }) {
  const circumstances = [
    bare && `${bare} sent without a token`,
    told && `the app is told ${told}`,
    !signedIn && 'signed out',
  ]
  return [failures && `failed: ${failures}`, circumstances.filter(Boolean).join(', ')].filter(Boolean)
}

function differences(step, { atOnce, ...promised }, measured) {
  const wanted = { ...USUAL, ...promised }
  const found = Object.keys(wanted)
    .filter((what) => measured[what] !== wanted[what])
    .map((what) => `${step}: expected ${what} ${show(wanted[what])}, saw ${show(measured[what])}`)
  if (atOnce && measured.ms > 200) found.push(`${step}: expected an answer at once, saw ${measured.ms} ms`)
  return found
}

function show(value) {
  return value === '' ? 'none' : value
}
