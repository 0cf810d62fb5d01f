// Bundles the app as `react-native bundle --platform ios --dev false` does: `node bundle.mjs OUT.js`.
import { resolve } from 'node:path'
import { getDefaultConfig, mergeConfig } from '@react-native/metro-config'
import Metro from 'metro'

const here = import.meta.dirname
const project = resolve(here, '../../..')
const defaults = getDefaultConfig(project)

const config = mergeConfig(defaults, {
  reporter: { update: () => undefined },
  resolver: {
    // By default Metro sees no __tests__.
    blockList: / ^/,
    resolveRequest(context, name, platform) {
      if (name === 'react-native')
        return { type: 'sourceFile', filePath: resolve(here, 'native/reactNative.js') }
      // Nothing is shown, and the renderer is a fifth of the bundle.
      if (/\/(AppRegistry|RendererImplementation)$/.test(name)) return { type: 'empty' }
      // Ours name their imports as Node's ESM wants them: './errors.js' is errors.ts.
      const isOurs = !context.originModulePath.includes('node_modules')
      return context.resolveRequest(context, isOurs ? name.replace(/^(\..*)\.js$/, '$1') : name, platform)
    },
  },
  // start.js says what runs first.
  serializer: { getModulesRunBeforeMainModule: () => [] },
})

await Metro.runBuild(config, {
  entry: resolve(here, 'start.js'),
  out: resolve(process.argv[2]),
  platform: 'ios',
  dev: false,
  minify: false,
  unstable_transformProfile: 'hermes-stable',
})
