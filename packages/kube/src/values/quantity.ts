/** Amounts of resources (apimachinery `resource.Quantity`): exact decimals down to 10⁻⁹, up to 2⁶³ - 1. */

export class QuantityError extends Error {
  override readonly name = 'QuantityError';
  readonly code = 'QUANTITY_INVALID';
}

/** The suffixes in which an amount was written, and will be. */
export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent';

const NANO = 10n ** 9n;
const MAX = (2n ** 63n - 1n) * NANO;
const MAX_LENGTH = 256;
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const DECIMAL_SUFFIXES = new Map([...DECIMAL_EXPONENTS].map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

interface Suffix {
  format: QuantityFormat;
  base2: number;
  base10: number;
}

function parseSuffix(text: string): Suffix {
  const decimal = DECIMAL_EXPONENTS.get(text);
  if (decimal !== undefined) return { format: 'DecimalSI', base2: 0, base10: decimal };
  const binary = BINARY_SUFFIXES.indexOf(text);
  if (binary >= 0) return { format: 'BinarySI', base2: binary * 10, base10: 0 };
  if (/^[eE][-+]?\d{1,9}$/.test(text)) return { format: 'DecimalExponent', base2: 0, base10: Number(text.slice(1)) };
  throw new QuantityError("unable to parse quantity's suffix");
}

/** `digits` x 10^`exponent`, rounded away from zero, and no more than the maximum. */
function scale(digits: bigint, exponent: number): bigint {
  if (digits === 0n) return 0n;
  if (exponent > 30) return MAX;
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  if (exponent < -1000) return 1n;
  const divisor = 10n ** BigInt(-exponent);
  return (digits + divisor - 1n) / divisor;
}

export class Quantity {
  static readonly zero = new Quantity(0n, 'DecimalSI');

  private constructor(
    /** In units of 10⁻⁹. */
    readonly nanos: bigint,
    readonly format: QuantityFormat,
  ) {}

  /**
   * Reads `100m`, `1.5Gi`, `1e3`. Finer amounts are rounded away from zero, greater ones capped. Errors:
   * {@link QuantityError} with Kubernetes' words.
   */
  static parse(text: string): Quantity {
    const match = text.length > MAX_LENGTH ? null : QUANTITY.exec(text);
    const [, sign, whole = '', fraction = '', suffix = ''] = match ?? [];
    if (match === null || whole + fraction === '') throw new QuantityError(WRONG_FORMAT);
    const { format, base2, base10 } = parseSuffix(suffix);
    const digits = BigInt(whole + fraction) * 2n ** BigInt(base2);
    const nanos = scale(digits, base10 + 9 - fraction.length);
    const capped = nanos > MAX ? MAX : nanos;
    return new Quantity(sign === '-' ? -capped : capped, format);
  }

  static fromInteger(value: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
    return new Quantity(BigInt(value) * NANO, format);
  }

  /** Negative, zero or positive, as for sorting. */
  compare(other: Quantity): number {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }

  /** The sum; written as this one, or as the other one when this is zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.nanos === 0n ? other.format : this.format);
  }

  subtract(other: Quantity): Quantity {
    return this.add(new Quantity(-other.nanos, other.format));
  }

  /** Rounded away from zero. */
  toInteger(): bigint {
    const rounding = this.nanos > 0n ? NANO - 1n : 1n - NANO;
    return (this.nanos + rounding) / NANO;
  }

  /** The canonical form: no fraction, no precision lost, the greatest suffix possible. */
  toString(): string {
    if (this.nanos === 0n) return '0';
    const isWhole = this.nanos % NANO === 0n;
    const isSmall = this.nanos > -1024n * NANO && this.nanos < 1024n * NANO;
    if (this.format === 'BinarySI' && isWhole && !isSmall) return formatBinary(this.nanos / NANO);
    return formatDecimal(this.nanos, this.format === 'DecimalExponent');
  }

  toJSON(): string {
    return this.toString();
  }
}

function formatBinary(value: bigint): string {
  let mantissa = value;
  let index = 0;
  while (mantissa % 1024n === 0n && index < BINARY_SUFFIXES.length - 1) {
    mantissa /= 1024n;
    index++;
  }
  return `${mantissa}${BINARY_SUFFIXES[index] ?? ''}`;
}

function formatDecimal(nanos: bigint, asExponent: boolean): string {
  let mantissa = nanos;
  let exponent = -9;
  while (mantissa % 1000n === 0n && exponent < 18) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (!asExponent) return `${mantissa}${DECIMAL_SUFFIXES.get(exponent) ?? ''}`;
  return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
}
