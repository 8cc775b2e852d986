//! The reasons of refusals, each with what Okta answers and what an administrator does about it.

/// Writes the enum, its documentation and its fixes from one table, so that they cannot differ.
macro_rules! causes {
    ($(
        $(#[$about:meta])*
        $cause:ident: $status:literal $error:literal $text:literal
            => $fix:literal;
    )*) => {
        /// Why a token request was refused.
        ///
        /// Okta answers most of them with 401 `invalid_client`, so they are told apart by the description. The answers
        /// are those of Okta's catalogue of OAuth errors (okta-developer-docs, `oauth2-error-codes.json`). What no text
        /// matches is [`Other`](Self::Other).
        ///
        /// ```
        /// use okta_auth::RefusalCause;
        ///
        /// let fix = RefusalCause::NoScopeGranted.fix().unwrap_or("ask Okta's support");
        /// assert!(fix.ends_with("Okta API Scopes > Grant"));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum RefusalCause {
            $(
                $(#[$about])*
                ///
                #[doc = concat!("Okta answers ", $status, " `", $error, "`: `", $text, "`")]
                ///
                #[doc = concat!("Fix: ", $fix, ".")]
                $cause,
            )*
            /// Anything else; the words of the answer are all there is.
            Other,
        }

        impl RefusalCause {
            /// What an administrator does about it, with the path in Okta's Admin Console. `None` for
            /// [`Other`](Self::Other) only.
            pub fn fix(self) -> Option<&'static str> {
                match self {
                    $(Self::$cause => Some($fix),)*
                    Self::Other => None,
                }
            }
        }

        /// The answers of the table above: status, error code, description.
        #[cfg(test)]
        pub(crate) const ANSWERS: &[(RefusalCause, u16, &str, &str)] =
            &[$((RefusalCause::$cause, $status, $error, $text)),*];
    };
}

causes! {
    /// The signature does not fit the public key of that key id: the private key is another one.
    BadSignature: 401 "invalid_client" "The client_assertion signature is invalid."
        => "use the private key that was made together with the public key of this key id, or add its public key: \
            Applications > Applications > (the app) > General > Client Credentials > Public Keys";

    /// The app has no active public key of that key id, or of any of them where there are several.
    UnknownKeyId: 401 "invalid_client" "The client_assertion JWT kid is invalid."
        => "copy the key id (KID) of an active key: Applications > Applications > (the app) > General > \
            Client Credentials > Public Keys; if the key was just added, press Save there";

    /// The audience is not the URL the request went to: a proxy or a second domain in between.
    WrongAudience: 401 "invalid_client"
        "The audience claim for client_assertion must be the endpoint invoked for the request."
        => "use the org's own address, the one in the upper right corner menu of the Admin Console without `-admin`, and \
            no proxy that changes the host";

    /// The assertion had expired on arrival: this machine's clock is slow.
    Expired: 401 "invalid_client" "The client_assertion token is expired."
        => "set this machine's clock right (NTP)";

    /// The assertion lives too far into the server's future: this machine's clock is fast.
    ExpiresTooLate: 401 "invalid_client"
        "The client_assertion token has an expiration too far into the future."
        => "set this machine's clock right (NTP)";

    /// The assertion was issued in the server's future: this machine's clock is fast.
    IssuedInFuture: 401 "invalid_client"
        "The client_assertion token must be issued before the current time."
        => "set this machine's clock right (NTP)";

    /// The assertion does not say when it ends. Ours does, so it was changed on the way.
    ExpiryMissing: 401 "invalid_client"
        "The client_assertion must contain the 'exp' claim as seconds since epoch."
        => "find what changes requests between this machine and Okta, such as a proxy that opens TLS; if there is \
            nothing, this is a defect: report it";

    /// The assertion's `jti` was seen before: something between repeats requests.
    Replayed: 401 "invalid_client" "The client_assertion token has already been used."
        => "find what repeats requests between this machine and Okta, such as a retrying proxy";

    /// The assertion's issuer is no client of this org.
    WrongIssuer: 401 "invalid_client"
        "The issuer claim for client_assertion is not a valid client_id."
        => "copy the client id of the app in this very org: Applications > Applications > (the app) > General > \
            Client Credentials";

    /// The assertion's subject is no client of this org.
    WrongSubject: 401 "invalid_client"
        "The subject claim for client_assertion is not a valid client_id."
        => "copy the client id of the app in this very org: Applications > Applications > (the app) > General > \
            Client Credentials";

    /// The assertion arrived as something else than a JWT.
    MalformedAssertion: 401 "invalid_client" "The parsing of the client_assertion failed."
        => "find what changes or cuts off requests between this machine and Okta, such as a proxy that opens TLS; if \
            there is nothing, this is a defect: report it";

    /// The key is of a kind that the app does not take.
    AlgorithmNotAllowed: 401 "invalid_client"
        "The client_assertion JWT signature algorithm is invalid."
        => "sign with an RSA key (RS256), or register the public key anew with the `alg` that the private key has: \
            Applications > Applications > (the app) > General > Client Credentials > Public Keys";

    /// The public key of that key id is there for something else than signatures.
    NotSigningKey: 401 "invalid_client"
        "The client_assertion JWT needs to be signed using a signing key."
        => "register the public key with `\"use\": \"sig\"` and take its key id: Applications > Applications > \
            (the app) > General > Client Credentials > Public Keys";

    /// The app has no public key at all.
    NoKeySet: 401 "invalid_client"
        "The client does not have a JWKSet configured, but the client_assertion requires one."
        => "add a public key and press Save: Applications > Applications > (the app) > General > Client Credentials > \
            Edit > Public key / Private key > Add key";

    /// The app's public keys are to be read from a URL that Okta cannot read.
    KeySetUnreachable: 401 "invalid_client"
        "Error retrieving the client JWKSet from jwks_uri."
        => "save the keys in Okta, or make the URL of the keys one that Okta can read: Applications > Applications > \
            (the app) > General > Client Credentials > Edit > Public Keys > Configuration";

    /// No active app has this client id.
    UnknownClient: 401 "invalid_client" "Invalid value for 'client_id' parameter."
        => "copy the client id: Applications > Applications > (the app) > General > Client Credentials, and see that the \
            app is active";

    /// The assertion did not arrive.
    NoCredentials: 401 "invalid_client" "No client credentials found."
        => "find what empties requests between this machine and Okta, such as a proxy that opens TLS; if there is \
            nothing, this is a defect: report it";

    /// The app is of another kind than API Services.
    NotServiceApp: 401 "invalid_client"
        "Only clients with 'application_type' of 'service' may use the client_credentials 'grant_type' with the Org Authorization Server."
        => "make an app of the right kind: Applications > Applications > Create App Integration > API Services";

    /// The app is set to a client secret instead of a key pair.
    KeyAuthRequired: 401 "invalid_client"
        "Client Credentials requests to the Org Authorization Server must use the private_key_jwt token_endpoint_auth_method."
        => "choose the key pair: Applications > Applications > (the app) > General > Client Credentials > Edit > \
            Client authentication > Public key / Private key";

    /// The request says of another kind of assertion that it is ours.
    WrongAssertionType: 400 "invalid_request" "The client_assertion_type is invalid."
        => "find what changes requests between this machine and Okta, such as a proxy that opens TLS; if there is \
            nothing, this is a defect: report it";

    /// The request does not say what it is for.
    GrantTypeMissing: 400 "invalid_request"
        "The token request must specify a 'grant_type'. Valid values: [...]"
        => "find what empties requests between this machine and Okta, such as a proxy that opens TLS; if there is \
            nothing, this is a defect: report it";

    /// The app may not use client credentials.
    GrantNotEnabled: 400 "unsupported_grant_type"
        "The authorization grant type is not supported by the authorization server. Configured grant types: [...]."
        => "allow Client Credentials to the app: Applications > Applications > (the app) > General > General Settings > \
            Edit > Grant type; or make an app of the kind API Services, to which it is allowed";

    /// The request names no scope.
    NoScopeRequested: 400 "invalid_scope" "No scopes were requested."
        => "find what changes requests between this machine and Okta, such as a proxy that opens TLS; if there is \
            nothing, this is a defect: report it";

    /// A scope that the org does not know was asked for.
    UnknownScope: 400 "invalid_scope"
        "One or more scopes are not configured for the authorization server resource."
        => "ask only for scopes listed under Applications > Applications > (the app) > Okta API Scopes";

    /// `openid` was asked for, which is for people who sign in.
    OpenIdScope: 400 "invalid_scope"
        "Cannot request 'openid' scopes using client credentials."
        => "ask for `okta.….read` scopes only: those listed under Applications > Applications > (the app) > \
            Okta API Scopes";

    /// A scope that ends in `.self` was asked for, which is for people who sign in.
    SelfScope: 400 "client_credentials_self_scope_requested"
        "The 'client_credentials' grant type may not request .self scopes."
        => "ask for the scope without `.self`: those listed under Applications > Applications > (the app) > \
            Okta API Scopes";

    /// None of the wanted scopes is granted to the app.
    NoScopeGranted: 400 "consent_required" "You are not allowed any of the requested scopes."
        => "grant the scopes: Applications > Applications > (the app) > Okta API Scopes > Grant";

    /// The app wants a DPoP proof with each token request. [`TokenCache`](crate::TokenCache) then makes them.
    DpopRequired: 400 "invalid_dpop_proof" "The DPoP proof JWT header is missing."
        => "see that no proxy takes headers away on the way; to do without proofs, switch the requirement off: \
            Applications > Applications > (the app) > General > General Settings > Edit > Proof of possession";

    /// The DPoP proof lacks the nonce that the answer names. [`TokenCache`](crate::TokenCache) then takes it.
    DpopNonceRequired: 400 "use_dpop_nonce" "Authorization server requires nonce in DPoP proof."
        => "see that no proxy takes headers away on the way; to do without proofs, switch the requirement off: \
            Applications > Applications > (the app) > General > General Settings > Edit > Proof of possession";

    /// The DPoP proof is not accepted, for one of several reasons: all have this code and name the claim.
    DpopRefused: 400 "invalid_dpop_proof" "The DPoP proof JWT is invalid."
        => "see that no proxy changes headers or the host on the way; to do without proofs, switch the requirement off: \
            Applications > Applications > (the app) > General > General Settings > Edit > Proof of possession";

    /// A network zone or a policy denied access. The text differs with which.
    AccessDenied: 403 "access_denied"
        "The request is made from outside the client's permitted network zones."
        => "allow this machine's address: Security > Networks, and the network restriction of the app under \
            Applications > Applications > (the app) > General";
}

impl RefusalCause {
    /// Whether a wrong clock on this machine explains it.
    pub(crate) fn is_about_time(self) -> bool {
        matches!(
            self,
            Self::Expired | Self::IssuedInFuture | Self::ExpiresTooLate
        )
    }
}
