import { DatalabError } from '../../../engine/errors/errors.ts';

/**
 * What the most common passwords are made of (the heads of the published lists, several languages). One that is long enough here is mostly
 * two of these, or one with some digits behind it; so what counts is what is left without them.
 */
const COMMON =
  `123456789 987654321 12345678 87654321 1234567 7654321 123456 654321 12345 54321 1234 4321 123123 123321 1q2w3e4r5t 1q2w3e4r 1q2w3e
  1qaz2wsx qazwsxedc qazwsx zaq12wsx 1qazxsw2 112233 121212 111111 000000 222222 333333 444444 555555 666666 777777 888888 999999 159753
  147258369 147258 789456123 789456 456123 696969 131313 232323 101010 202020 qwertyuiop qwertzuiop azertyuiop qwerty qwertz azerty
  asdfghjkl asdfgh asdf zxcvbnm zxcvbn yxcvbnm abcdefgh abcdefg abcdef abcd1234 abc123 a1b2c3d4 a1b2c3 aa123456 q1w2e3r4 passwort password
  passw0rd p@ssw0rd p@ssword pa55word motdepasse contrasena contraseña senha parola wachtwoord lozinka haslo heslo jelszo geheim secret
  administrator administrador admin root superuser user username guest test testing tester welcome willkommen bienvenue bienvenido welkom
  hello hallo hola bonjour letmein changeme change default master login access iloveyou ichliebedich jetaime teamo tequiero loveyou
  lovely love princess prinzessin princesa sunshine sonnenschein shadow dragon monkey football fussball futbol baseball basketball
  soccer hockey superman batman spiderman starwars pokemon pikachu naruto minecraft fortnite michael jordan jennifer jessica ashley
  daniel andrew joshua matthew anthony charlie thomas robert hunter buster george harley ranger tigger ginger maggie pepper cookie
  chocolate schokolade cheese banana orange summer sommer winter spring autumn herbst monday friday january december freedom whatever
  trustno1 computer internet samsung google facebook linkedin microsoft windows apple android liverpool chelsea arsenal barcelona
  realmadrid juventus bayern ferrari mercedes porsche mustang corvette yamaha killer matrix phoenix diamond silver golden purple flower
  butterfly angel angels jesus christ heaven blessed forever family mother father sister brother money lucky secure security temp
  temporary demo example sample company office datalab analytics website london paris berlin madrid america germany france canada`.split(
    /\s+/,
  );
const COMMON_PATTERN = new RegExp([...COMMON].sort((a, b) => b.length - a.length).join('|'), 'g');
/** A year, an exclamation mark: what is put behind a word to please such rules. */
const LEFT_MIN_CHARS = 5;
const DIFFERENT_MIN_CHARS = 5;
/** Shorter ones are in too many words. */
const LOCAL_PART_MIN_CHARS = 3;

/**
 * Its length is the schema's affair.
 * @throws DatalabError `password-weak` for one that others would guess
 */
export function requireStrong(password: string, email: string): void {
  const lower = password.normalize('NFKC').toLowerCase();
  const [localPart = ''] = email.toLowerCase().split('@', 1);
  if (localPart.length >= LOCAL_PART_MIN_CHARS && lower.includes(localPart)) weak('has your email in it');
  if (new Set(lower).size < DIFFERENT_MIN_CHARS) weak('repeats a few characters');
  const left = lower.replace(COMMON_PATTERN, '');
  if (left !== lower && left.length < LEFT_MIN_CHARS) weak('is made of what many others use');
}

function weak(why: string): never {
  throw new DatalabError('password-weak', `This password ${why}.`);
}
