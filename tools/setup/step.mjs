/**
 * One thing a machine needs.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {readonly string[]} [only] run only when one of these extras was asked for (`--with test`)
 * @property {(extras: ReadonlySet<string>) => string | undefined} missing looks, quickly; says what is to be done
 * @property {(extras: ReadonlySet<string>) => void} make does it; can be repeated
 */

/**
 * Runs the steps in order and stops at the first that fails.
 *
 * @param {readonly Step[]} steps
 * @param {ReadonlySet<string>} extras
 * @returns {boolean} whether everything is in place
 */
export function runSteps(steps, extras) {
  for (const step of steps.filter(
    ({ only }) => only === undefined || only.some((extra) => extras.has(extra)),
  )) {
    try {
      runStep(step, extras);
    } catch (error) {
      say(`set up ${step.name}: ${error instanceof Error ? error.message : error}\n`);
      return false;
    }
  }
  return true;
}

/**
 * @param {Step} step
 * @param {ReadonlySet<string>} extras
 */
function runStep(step, extras) {
  const missing = step.missing(extras);
  if (missing === undefined) return;
  say(`${step.name}: ${missing} ... `);
  const start = performance.now();
  try {
    step.make(extras);
  } catch (error) {
    say("failed\n");
    throw error;
  }
  say(`${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

/** stdout belongs to the command that needed the setup. @param {string} text */
const say = (text) => process.stderr.write(text);
