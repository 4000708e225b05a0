package agent

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Identity has the properties that both sides of a connection must have in common.
type Identity struct {
	Build  string // version of the program; other builds may measure differently
	Secret string // at least MinSecret bytes
}

// MinSecret is the length of the shortest secret, in bytes.
const MinSecret = 16

// SecretVariable is the environment variable of the secret. The command line has no option for it, because everybody on
// the machine can read command lines.
const SecretVariable = "PLENUM_BENCH_SECRET"

// Check returns an error if the secret is too short.
func (id Identity) Check() error {
	if len(id.Secret) < MinSecret {
		return fmt.Errorf("agents need a secret: the environment variable %s must have at least %d bytes, got %d", SecretVariable, MinSecret, len(id.Secret))
	}
	return nil
}

const (
	handshakeTime = 10 * time.Second // limit for the connection to an agent, and again for the handshake
	longestLine   = 1 << 10          // bytes of a line of the handshake
)

// line is a line of the handshake. The package comment shows which side sends which keys.
type line struct {
	Build string `json:"build,omitempty"`
	Nonce string `json:"nonce,omitempty"`
	Proof string `json:"proof,omitempty"`
	Error string `json:"error,omitempty"`
}

// proof returns the text by which a side, agent or leader, proves that it knows the secret.
func (id Identity) proof(side, agentNonce, leaderNonce string) string {
	mac := hmac.New(sha256.New, []byte(id.Secret))
	fmt.Fprintf(mac, "%s %s %s", side, agentNonce, leaderNonce)
	return hex.EncodeToString(mac.Sum(nil))
}

// Conn is a connection after its handshake. Reads first return the bytes that arrived together with the
// handshake.
type Conn struct {
	net.Conn
	buffered *bufio.Reader
}

// Read implements io.Reader.
func (c *Conn) Read(b []byte) (int, error) { return c.buffered.Read(b) }

func newConn(raw net.Conn) *Conn { return &Conn{raw, bufio.NewReader(raw)} }

func (c *Conn) send(l line) error { return json.NewEncoder(c.Conn).Encode(l) }

func (c *Conn) receive() (l line, err error) {
	text := make([]byte, 0, 256)
	for len(text) < longestLine {
		b, err := c.buffered.ReadByte()
		if err != nil {
			return l, err
		}
		if b == '\n' {
			return l, json.Unmarshal(text, &l)
		}
		text = append(text, b)
	}
	return l, errors.New("a line of the handshake is too long")
}

// welcome is the agent's side of a handshake. It calls refusal if the leader has the same secret and build.
// refusal returns the reason why the agent cannot be used, or "". The leader is told each reason.
func (c *Conn) welcome(id Identity, refusal func() string) error {
	_ = c.SetDeadline(time.Now().Add(handshakeTime))
	nonce := rand.Text()
	if err := c.send(line{Build: id.Build, Nonce: nonce}); err != nil {
		return err
	}
	leader, err := c.receive()
	if err != nil {
		return fmt.Errorf("read the leader's handshake: %w", err)
	}
	why := ""
	switch {
	case !hmac.Equal([]byte(leader.Proof), []byte(id.proof("leader", nonce, leader.Nonce))):
		why = "the secrets differ"
	case leader.Build != id.Build:
		why = fmt.Sprintf("the builds differ: the agent is %s, the leader %s", id.Build, leader.Build)
	default:
		why = refusal()
	}
	if why != "" {
		_ = c.send(line{Error: why}) // the connection ends in any case
		return errors.New(why)
	}
	if err := c.send(line{Proof: id.proof("agent", nonce, leader.Nonce)}); err != nil {
		return err
	}
	return c.SetDeadline(time.Time{})
}

// introduce is the leader's side of a handshake.
func (c *Conn) introduce(id Identity) error {
	_ = c.SetDeadline(time.Now().Add(handshakeTime))
	agent, err := c.receive()
	if err != nil || agent.Nonce == "" {
		return fmt.Errorf("no handshake of an agent: %w", orEOF(err))
	}
	nonce := rand.Text()
	if err := c.send(line{Build: id.Build, Nonce: nonce, Proof: id.proof("leader", agent.Nonce, nonce)}); err != nil {
		return err
	}
	answer, err := c.receive()
	switch {
	case err != nil:
		return fmt.Errorf("read the agent's answer: %w", err)
	case answer.Error != "":
		return errors.New(answer.Error)
	case !hmac.Equal([]byte(answer.Proof), []byte(id.proof("agent", agent.Nonce, nonce))):
		return errors.New("the agent does not know the secret")
	}
	return c.SetDeadline(time.Time{})
}

// orEOF returns err, or io.ErrUnexpectedEOF for nil.
func orEOF(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}
