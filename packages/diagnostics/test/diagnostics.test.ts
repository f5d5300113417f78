import { suggest } from '@fle/diagnostics'
import t from 'tap'
import { renderText } from '../src/render.ts'

t.test('suggest', async (t) => {
  t.equal(suggest('prinft', ['printf', 'puts']), 'printf')
  t.equal(typeof renderText, 'function')
})
