const inColour = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code) => (text) => (inColour ? `\x1b[${code}m${text}\x1b[0m` : text)

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)

export function print(text = '') {
  console.log(text)
}

/** Cells as wide as `widths` say; those of a negative width stand at the right of it. */
export function alignedRow(cells, widths) {
  const aligned = cells.map((cell, index) => {
    const width = widths[index]
    return width < 0 ? String(cell).padStart(-width) : String(cell).padEnd(width)
  })
  return ` ${aligned.join(' ')}`.trimEnd()
}
