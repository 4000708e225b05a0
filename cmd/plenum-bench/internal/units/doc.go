// Package units formats counts, times and bytes for people, with about three digits.
package units
