// Package summary writes the main figures of a result for a person.
package summary
