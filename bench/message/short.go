package message

// Texts of fewer than HeadSize bytes have the same parts as longer ones, but a shorter mark and
// numbers in base 64:
//
//   - four letters of the mark, of which the first one says that the text is a short one;
//   - the time, in eight digits: 2^48 microseconds are nine years;
//   - the stream and the number, in four digits each.
//
// The first letter of the mark is no digit, so a mark is found only at the beginning of a text.
const (
	shortMarkLen  = 4
	shortStampLen = 8
	shortFieldLen = 4
	shortStreamAt = shortMarkLen + shortStampLen
	shortNumberAt = shortStreamAt + shortFieldLen

	shortFirst = '~'
	digits     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
	notADigit  = 64
)

// ShortHeadSize is the smallest size of a text.
const ShortHeadSize = shortMarkLen + shortStampLen + 2*shortFieldLen

// MaxShort is the highest stream and the highest number of a text of fewer than HeadSize bytes.
const MaxShort = 1<<(6*shortFieldLen) - 1

// digitOf has the value of each digit. All other bytes have notADigit.
var digitOf = func() (values [256]byte) {
	for i := range values {
		values[i] = notADigit
	}
	for value, digit := range digits {
		values[digit] = byte(value)
	}
	return values
}()

func (m *Mark) appendShort(dst []byte, due int64, stream, number int) []byte {
	dst = append(dst, m[:shortMarkLen]...)
	dst = appendDigits(dst, due, shortStampLen)
	dst = appendDigits(dst, int64(stream), shortFieldLen)
	return appendDigits(dst, int64(number), shortFieldLen)
}

func appendDigits(dst []byte, n int64, width int) []byte {
	for shift := 6 * (width - 1); shift >= 0; shift -= 6 {
		dst = append(dst, digits[n>>shift&63])
	}
	return dst
}

// parseDigits parses a number in base 64.
func parseDigits(b []byte) (n int64, ok bool) {
	var seen byte
	for _, c := range b {
		value := digitOf[c]
		seen |= value
		n = n<<6 | int64(value&63)
	}
	return n, seen&notADigit == 0
}

func parseShortField(b []byte) (int, bool) {
	n, ok := parseDigits(b[:shortFieldLen])
	return int(n), ok
}
