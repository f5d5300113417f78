import type { MemberAttributes } from '@fle/elf'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A member's line of `ar tv`, without a line feed. Times are local. Source: print_arelt_descr() of binutils/bucomm.c. */
export function memberLine(name: string, { mode, user, group, time }: MemberAttributes, size: number): string {
  const date = new Date(time * 1000)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${months[date.getMonth()]} ${String(date.getDate()).padStart(2)}`
  const when = `${day} ${two(date.getHours())}:${two(date.getMinutes())} ${date.getFullYear()}`
  return `${permissionLetters(mode)} ${user}/${group} ${String(size).padStart(6)} ${when} ${name}`
}

/** `rw-r--r--`, with the letters for set-user-id, set-group-id and sticky that ls has too. */
function permissionLetters(mode: number): string {
  const letters = Array.from('rwxrwxrwx', (letter, i) => (mode & (0o400 >> i) ? letter : '-'))
  for (const [i, [bit, set, unset]] of (
    [
      [0o4000, 's', 'S'],
      [0o2000, 's', 'S'],
      [0o1000, 't', 'T'],
    ] as const
  ).entries()) {
    if (mode & bit) letters[3 * i + 2] = letters[3 * i + 2] === 'x' ? set : unset
  }
  return letters.join('')
}
