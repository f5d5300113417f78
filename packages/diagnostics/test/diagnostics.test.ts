import t from 'tap'
import { suggest } from '@fle/diagnostics'
import { renderText } from '../src/render.ts'

t.test('suggest', async (t) => {
  t.equal(suggest('prinft', ['printf', 'puts']), 'printf')
  t.equal(typeof renderText, 'function')
})
