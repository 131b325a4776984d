// A passkey that needs no finger: Chromium's virtual authenticator, with user verification, in the machine.
// The page must be at http://localhost:PORT, as browsers allow passkeys only there or over TLS.
export async function passkey(who, { verifies = true } = {}) {
  const session = await who.context.newCDPSession(who.page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: verifies, automaticPresenceSimulation: true,
    },
  })
  return {
    credentials: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    // The person fails their fingerprint, or is who they say again.
    verifies: (isUserVerified) => session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    remove: () => session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
  }
}
