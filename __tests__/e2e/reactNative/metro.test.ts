import { existsSync, readFileSync } from 'node:fs'
import { resolve as toPath, sep } from 'node:path'
import { resolve } from 'metro-resolver'

type PackageJson = NonNullable<ReturnType<Parameters<typeof resolve>[0]['getPackage']>>

const library = toPath('/app/node_modules/amplify-bearer')
const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as PackageJson
type Conditions = Record<string, Record<string, Record<string, string>>>
const exported = packageJson.exports as Partial<Record<string, Conditions>>
// Next.js has no part in an app.
const subpaths = Object.keys(exported).filter((subpath) => !/testing|next|json/.test(subpath))

/** Whether a build has that file: it has one for every source. */
function isBuilt(path: string): boolean {
  const [, source] = /^dist\/(?:esm|cjs)\/(.+)\.js$/.exec(inLibrary(path)) ?? []
  return source !== undefined && existsSync(`src/${source}.ts`)
}

function inLibrary(path: string): string {
  return path.slice(library.length + 1).replaceAll(sep, '/')
}

/** Metro's own resolver, as @react-native/metro-config sets it up, in an app that has the library installed. */
function resolveInApp(name: string, isESMImport: boolean, manifest = packageJson): string {
  const context = {
    allowHaste: false,
    assetExts: new Set<string>(),
    customResolverOptions: {},
    dev: false,
    disableHierarchicalLookup: false,
    doesFileExist: isBuilt,
    extraNodeModules: null,
    fileSystemLookup(path: string) {
      if (isBuilt(path)) return { exists: true as const, type: 'f' as const, realPath: path }
      if (library.startsWith(path)) return { exists: true as const, type: 'd' as const, realPath: path }
      return { exists: false as const }
    },
    getPackage: (path: string) => (path === toPath(library, 'package.json') ? manifest : null),
    getPackageForModule: (path: string) =>
      path.startsWith(library)
        ? { packageJson: manifest, rootPath: library, packageRelativePath: inLibrary(path) }
        : null,
    isESMImport,
    mainFields: ['react-native', 'browser', 'main'],
    nodeModulesPaths: [],
    originModulePath: toPath('/app/index.js'),
    preferNativePlatform: true,
    redirectModulePath: (path: string) => path,
    resolveAsset: () => null,
    resolveHasteModule: () => null,
    resolveHastePackage: () => null,
    sourceExts: ['js', 'jsx', 'json', 'ts', 'tsx'],
    unstable_conditionNames: ['react-native'],
    unstable_conditionsByPlatform: {},
    unstable_enablePackageExports: true,
    unstable_incrementalResolution: false,
    unstable_logWarning(message: string): void {
      throw new Error(message)
    },
  }
  const resolution = resolve(context, name, 'ios')
  if (resolution.type !== 'sourceFile') throw new Error(resolution.type)
  return inLibrary(resolution.filePath)
}

describe.each(subpaths)('Metro, %s', (subpath) => {
  const name = subpath.replace('.', 'amplify-bearer')
  const file = `${subpath.slice(1)}/index.js`

  test('an import is an ES module: it imports the same axios as the application', () => {
    expect(resolveInApp(name, true)).toBe(`dist/esm${file}`)
  })

  test('by a condition of its own', () => {
    const { 'react-native': condition = {} } = exported[subpath] ?? {}
    const manifest = { ...packageJson, exports: { [subpath]: { 'react-native': condition } } }
    expect(resolveInApp(name, true, manifest)).toBe(`dist/esm${file}`)
    expect(resolveInApp(name, false, manifest)).toBe(`dist/cjs${file}`)
  })

  // With the same conditions Jest asks in a React Native project, where it compiles no dependencies.
  test('a require is CommonJS', () => {
    expect(resolveInApp(name, false)).toBe(`dist/cjs${file}`)
  })
})
