// Package markdown writes tables, lists, paragraphs and sections in GitHub's Markdown.
//
// All functions may be called from any goroutine.
package markdown
