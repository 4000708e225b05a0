// Package faults tests the guarantees of a cluster while its processes fail. Three plenum nodes
// and three NATS servers (brokers) run as processes. Each test kills, stops or disconnects some
// of them while clients publish and receive. One test kills a node with --data, which has no brokers.
//
// The tests need the build tag faults; `make faults` runs them.
// The test of a rolling upgrade builds the previous version from the repository's history, unless the environment
// variable PLENUM_PREVIOUS names its program.
package faults
