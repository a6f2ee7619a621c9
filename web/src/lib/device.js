/* device.js - a device as people call it, from what its browser says about itself. */

const BROWSERS = [[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/SamsungBrowser/, 'Samsung Internet'], [/Firefox\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'], [/Safari\//, 'Safari']]
const SYSTEMS = [[/Android/, 'Android'], [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Windows/, 'Windows'], [/Mac OS X/, 'Mac'],
  [/Linux/, 'Linux']]

const find = (table, agent) => table.find(([pattern]) => pattern.test(agent))?.[1]

/** "Chrome, Android"; what is no browser keeps its own first word; '' when nothing is known. */
export function deviceName(agent) {
  const names = [find(BROWSERS, agent ?? ''), find(SYSTEMS, agent ?? '')].filter(Boolean)
  return names.length ? names.join(', ') : (agent ?? '').split(/[\s/]/)[0]
}
