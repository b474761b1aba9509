import { test } from 'vitest'
import { rumourVariant } from '../support/rumour/variant.ts'
test('build', async () => { console.log(await rumourVariant()) })
