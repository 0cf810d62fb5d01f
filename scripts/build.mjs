// Plain tsc, twice: ES modules for `import`, CommonJS (with a package.json that says so) for `require`.
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
for (const project of ['tsconfig.build.json', 'tsconfig.cjs.json']) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], { stdio: 'inherit' })
}
writeFileSync('dist/cjs/package.json', '{"type":"commonjs","sideEffects":false}\n')
