// Package natsbus has rooms span nodes: it is a rooms.Bus on NATS with JetStream.
package natsbus
