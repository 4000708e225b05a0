package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	// postTimeout bounds a request, from the connection to the end of the answer.
	postTimeout = 10 * time.Second
	// answerBytes is the number of bytes that are read of an answer's body, so that the connection can be used again.
	answerBytes = 4 << 10
	// answerHeader bounds the header of an answer.
	answerHeader = 64 << 10
)

// NewTransport returns a transport for webhooks. It uses a proxy if the environment names one (HTTPS_PROXY, NO_PROXY).
func NewTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = answerHeader
	transport.DisableCompression = true // no answer is read for its content
	return transport
}

// newClient returns a client that follows no redirects: the receiver of a signed request is the one in the settings.
func newClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		Timeout:       postTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends body to the hook. It returns nil if the receiver has taken it. Errors do not contain the URL, which may
// have a secret in it.
func (q *queue) post(body []byte) error {
	h := q.hook.Load()
	request, err := http.NewRequestWithContext(q.ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the URL cannot be used")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "plenum-webhook")
	if h.Key == "" {
		request.Header.Set("X-Plenum-Signature", sign(h.Secret, body))
	} else {
		request.Header.Set("X-Pusher-Key", h.Key)
		request.Header.Set("X-Pusher-Signature", sign(h.Secret, body))
	}
	answer, err := q.sender.client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, answerBytes)
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the receiver answered with status %d", answer.StatusCode)
	}
	return nil
}

// sign returns the HMAC-SHA256 of body in lower-case hex.
func sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// CheckURL returns an error if rawURL is not the absolute URL of an HTTP server. The error does not contain it.
func CheckURL(rawURL string) error {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("must be a URL like https://shop.example/webhooks")
	}
	return nil
}

// Origin returns the scheme and the host of the URL, to be shown. The rest may be a secret.
func Origin(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
