// Package faults holds, with three nodes and three brokers as processes of which one after the
// other is killed, stopped or cut off, that a cluster keeps its word.
package faults
