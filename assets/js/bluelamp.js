// Where the browser begins. Every page works without this file; each part below adds one comfort and stands alone, so
// that one which fails leaves the others.
import { initAll } from './govuk-frontend.js'
import { startForms } from './forms.js'
import { startComposer } from './composer.js'
import { startTables } from './tables.js'
import { startLive } from './live.js'
import { startDuty } from './duty.js'
import { startKeys } from './keys.js'
import { startPasskeys } from './passkeys.js'
import { startPage } from './page.js'

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) document.body.classList.add('govuk-frontend-supported')

for (const start of [initAll, startPage, startForms, startComposer, startTables, startDuty, startLive, startKeys, startPasskeys]) {
  try {
    start()
  } catch (error) {
    console.error(error)
  }
}
