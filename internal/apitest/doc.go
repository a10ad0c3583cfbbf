// Package apitest gives tests a real API: a database of their own, a server on
// loopback, and tokens of a development issuer for whoever they need.
//
//	s := apitest.New(t)
//	s.As("ada", auth.Rewards).Post("/v1/rewards/…", body).Want(t, 201)
//	s.Supplier("sam", supplier).Get("/v1/devices").Want(t, 200)
//
// It is for tests only, and must not be imported by the program.
package apitest
