package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strings"

	"plenum/codec/deflate"
	"plenum/codec/extension"
	"plenum/codec/frame"
	"plenum/engine"
)

// checksum is the Transform of an extension that appends a CRC-32C, in hexadecimal digits, to each message. The receiver
// checks it. The extension claims no reserved bit, because it changes every message.
type checksum struct{}

// digits is the length of a checksum, in bytes.
const digits = 2 * crc32.Size

var errAltered = errors.New("checksum: the message was altered")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (checksum) From() int { return 0 }

func (checksum) Encode(dst, payload []byte) (out []byte, ok bool) {
	dst = append(dst, payload...)
	return fmt.Appendf(dst, "%0*x", digits, crc32.Checksum(payload, castagnoli)), true
}

func (c checksum) Decode(dst, message []byte, limit int) (out []byte, err error) {
	n := len(message) - digits
	if n > limit {
		return dst, engine.ErrTooBig
	}
	if n < 0 {
		return dst, errAltered
	}
	if again, _ := c.Encode(nil, message[:n]); !bytes.Equal(again, message) {
		return dst, errAltered
	}
	return append(dst, message[:n]...), nil
}

// acceptChecksum accepts an offer without parameters. There are no parameters to choose, so one Transform serves all
// connections.
func acceptChecksum(offer extension.Params) (engine.Transform, extension.Params, bool) {
	return checksum{}, nil, len(offer) == 0
}

// checkedClient is a client that has negotiated permessage-deflate and checksum, in this order.
type checkedClient struct {
	net.Conn
	in *bufio.Reader
}

// dialChecked opens a WebSocket and returns the extensions that the server has accepted.
func dialChecked(address string) (p checkedClient, agreed string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	p = checkedClient{conn, bufio.NewReader(conn)}
	fmt.Fprintf(p, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Extensions: permessage-deflate, x-checksum\r\n\r\n", address)
	response, err := http.ReadResponse(p.in, nil)
	if err != nil {
		panic(err)
	}
	return p, response.Header.Get("Sec-WebSocket-Extensions")
}

// send sends a text frame with the reserved bits rsv.
func (p checkedClient) send(rsv frame.Opcode, payload []byte) {
	key := [4]byte{1, 2, 3, 4}
	b := frame.AppendMaskedHeader(nil, frame.Text|rsv, len(payload), key)
	b = append(b, payload...)
	frame.Mask(b[len(b)-len(payload):], key, 0)
	_, _ = p.Write(b)
}

// receive reads a frame of at most 125 bytes.
func (p checkedClient) receive() (h frame.Header, payload []byte) {
	head := make([]byte, 2)
	_, _ = io.ReadFull(p.in, head)
	h, _, _ = frame.ParseHeader(head)
	payload = make([]byte, h.Length)
	_, _ = io.ReadFull(p.in, payload)
	return h, payload
}

// A custom extension, used together with permessage-deflate. The client offers permessage-deflate first, so messages are
// first compressed and then get their checksum.
func ExampleExtension() {
	e, err := engine.New(engine.Config{Extensions: []engine.Extension{
		{Name: "x-checksum", Accept: acceptChecksum},
		engine.Deflate(64),
	}})
	if err != nil {
		panic(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	served := make(chan error)
	go func() {
		served <- e.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _ = e.Upgrade(w, r, nil, shout{}) }))
	}()

	p, agreed := dialChecked(ln.Addr().String())
	fmt.Println(agreed)
	_, greeting := p.receive()
	fmt.Println(string(greeting))

	long := bytes.Repeat([]byte("hello "), 100)
	message, _ := checksum{}.Encode(nil, deflate.Append(nil, long, deflate.MaxWindow))
	p.send(frame.RSV1, message)
	h, payload := p.receive()
	message, err = checksum{}.Decode(nil, payload, len(payload))
	fmt.Println("deflated:", h.RSV == frame.RSV1, "checked:", err == nil)
	answer, err := deflate.Inflate(nil, message, 1000)
	fmt.Println(string(answer) == strings.ToUpper(string(long)), err)

	p.send(0, []byte("altered00000000"))
	_, payload = p.receive()
	code, reason, _ := frame.ParseClosePayload(payload)
	fmt.Println(code, string(reason))
	_ = p.Close()

	_ = e.Shutdown(context.Background())
	fmt.Println(<-served)
	// Output:
	// permessage-deflate; server_no_context_takeover; client_no_context_takeover, x-checksum
	// say something6a3da7a4
	// deflated: true checked: true
	// true <nil>
	// 1007 invalid extension data
	// <nil>
}
