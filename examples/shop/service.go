package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/dagster-go/dagster"
)

// Shop is what the assets need of the shop's service.
type Shop interface {
	Orders(ctx context.Context) ([]Order, error)
	Post(ctx context.Context, text string) error
}

// Address says where the service is, and who asks.
type Address struct {
	URL   string         `json:"url"`
	Token dagster.Secret `json:"token"` // never printed, stored or shown
}

// Validate is called on the defaults, and on the values of every run.
func (a Address) Validate() error {
	if a.URL == "" {
		return errors.New("url: empty")
	}
	return nil
}

// Where is the address, with its defaults.
var Where = dagster.NewConfig("address", Address{URL: "https://shop.example", Token: dagster.Env("SHOP_TOKEN")})

// Service is opened when the first step that takes it starts, and closed after the last.
var Service = dagster.NewResource[Shop]("service", dagster.From1(Where, dial), hangUp)

func dial(_ context.Context, to Address) (Shop, error) {
	token, err := to.Token.Reveal()
	if err != nil {
		return nil, err
	}
	return &client{to: to.URL, token: token}, nil
}

func hangUp(s Shop) error {
	if c, ok := s.(*client); ok {
		c.http.CloseIdleConnections()
	}
	return nil
}

// client is the service over HTTP.
type client struct {
	to, token string
	http      http.Client
}

// Orders asks for all orders.
func (c *client) Orders(ctx context.Context) (orders []Order, err error) {
	err = c.do(ctx, http.MethodGet, "/orders", "", &orders)
	return orders, err
}

// Post says something to everybody.
func (c *client) Post(ctx context.Context, text string) error {
	return c.do(ctx, http.MethodPost, "/messages", text, nil)
}

func (c *client) do(ctx context.Context, method, path, body string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.to+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	switch {
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	case answer == nil:
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}
