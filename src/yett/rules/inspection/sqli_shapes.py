"""The shapes of SQL injections: which folded letters only occur where somebody writes SQL into a value.

Measured, not invented: sentences of a grammar of injections and public payloads on one side, prose, source text, logs and catalogues of
messages in many languages on the other were read, a widely used detector was asked about each, and the shapes that separate the two
were gathered into as few patterns as cover them (`bench/attacks/agreement.py` repeats the measurement). A pattern has one letter, or a
choice in square brackets, for each letter of a shape. Knows nothing of how a value is read; letters are those of `sqli_folding`.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

DOUBTFUL: Final = frozenset(("1c", "nc", "sc", "vc", "sos", "s&s", "1&1", "n&1", "s&n", "1&s", "1&v", "1U"))
"""Shapes of injections that harmless values have as well: they need a closer look."""

_PATTERNS: Final = r"""
&(v)U &(vof &[1nsv]o[(s][1Ufsv] &[1s]UEs &no(n &vUEk )&(E[kn] )UE[(k][1fnsv] )UE[1nsv][kow] 1&1;T 1&E1k 1&EUE 1&[1v])[&o]
1&[sv]w1 1&kc 1&vsc 1)wnc 1;Tkk 1UEn[fn] 1UTns 1Uon1 1[(n]U(E 1[Ek]([nsv][)o] 1[kn][(E][1sv]o 1n(v) 1n)UE 1nE([1fnsv]
1nE[1sv]c 1nEno 1ok1o 1os)U 1ovUo 1ovkU 1sf(f ;T(E[fk] ;Tknc E(E[1v]& E(n1) E(s)B E(s,f E(vs) E1); E1);[(c] E1)on E1[;o](E
E1n)U E[1k]nk[1n] E[1nosv][Uk](E E[1nsv]B1) E[1nsv]k[1nsv]k E[1nv]kn[);Uc] E[1s])&f E[1sv]&[1sv][)o] E[1sv])[&o][(1s] E[1sv])c
E[1sv][&,]([1fsv] E[1sv][&,k]f( E[1sv]kn E[fk](E[(1fknsv] E[nsv]) E[sv]);E E[sv]os[)1B] Ef()[,;B] Ef([1s], Ef(o) Ef(v&
Ek1[nov][fk] Ek1f( Ek1ov EkEk( Ek[1sv][ko][(1ns] Ekf([1Efnsv] Ekn(1 Ekn1[ko] Ekvkv En&so En1o( EnknB Eoknk Es&(E Eskn) Ev)ov
Ev,(n Ev[ns]c Evkvo Evo(s T(f(n T(n[(o][1s] T(n[ns][)o] T(vv) Tn(1) Tn[1s]; Tn[1v]os Tnso1 Tvf(1 U(E([fnsv] U(Eok
UE([1nsv][),o] UE(f( UE1w1 UE[1n]ov UE[1nsv];c UE[1nsv][,k][(fn] UE[1sv] UE[1sv]ws UE[1v]; UEf([)1fnsv] UEkn, UEso1
[&1]nUE[(1fknsv] [&1ns]f()[Ufno] [&1sv][&,fo]([1nsv][)o] [&ETk][1s]o([1fns] [&E][1nsv]UE[(1fnv] [&E][nv]of( [&Efk]([1nsv]o[(s]
[&Efk](f([)1fnsv] [&Ekn]1o([1fnsv] [&T](so[(1fns] [&Tk]([1nsv])o [&Tk]f(f( [&f]([)1ns]o[fsv] [&f]([1ns])[EU] [&k][1s]o[fn](
[&k]so1[fs] [&n][1s]o[1sv]U [&ns]1UEk [&s]vo([1ns] [&w][1ns]ov[Us] [&w]son[1U] [)n]UEf( [1ET]n(s) [1EUfsv](Ek[fn]
[1E]n[&(,E]f( [1E]v[ns] [1Ensv][BEfkw](f( [1Ensv]f()[kos] [1Ensv]f(n, [1Ufsv](Enk [1Usv][&BEk][1nsv]c [1knsv][,BEf]([1sv][)o]
[1n][&o][sv][Bk][(1fnv] [1n]o[sv]BE [1n]sUE[;ck] [1ns];To( [1ns]E[nv]UE [1ns]Tn[1ns][co] [1ns][&o][1nsv]U [1ns]k1;[ET]
[1ns]k1Es [1ns]ok([1fns] [1nsv]&[1ns]f( [1nsv]&s1[;c] [1nsv]&v[Us] [1nsv])&[1nsv]f [1nsv]);[ET]o [1nsv])B1n
[1nsv])[&BE][1nsv][co] [1nsv])[&BEko]f( [1nsv])[&B][1nsv] [1nsv])[&Bkw][1sv][&;Uo] [1nsv])[&ko]n[&;BUc] [1nsv])[&o]([1Efnsv]
[1nsv])[&o][1nsv][)B] [1nsv])[,BEk]([1fnsv] [1nsv])[;U][ET][(1fknsv] [1nsv])[Bo][1nsv][&;Uckw] [1nsv])kB[(1fn] [1nsv])k[1Un]E
[1nsv];T(E [1nsv];T; [1nsv];T;c [1nsv];T[(1fknv][(f] [1nsv];T[(n][1;cnsv] [1nsv];T[1nsv][;Tcfko] [1nsv];Tvt [1nsv]AtUE
[1nsv]Ato[(1fnsv] [1nsv]B1,[(f] [1nsv]Eokn [1nsv]T[nv](1 [1nsv]UE(o [1nsv]UE;c [1nsv]UE[1nosv][(kw] [1nsv]UE[1nsv][&)Bs]
[1nsv]UE[1v]n [1nsv]UE[ns]1 [1nsv]UEf[,;] [1nsv]U[;E][1;cnsv] [1nsv]U[;Ec] [1nsv][&);U]E[(k][1fnsv] [1nsv][&)B]Ek(
[1nsv][&)][Bk]nk [1nsv][&,Ufo](E[(1fknsv] [1nsv][&,fo][(v][Ef]( [1nsv][&B]1[&Bkw][1ns] [1nsv][&B][1ns][Bko][(fsv]
[1nsv][&Bk][1sv][&o][(fsv] [1nsv][&Bko][1nsv]U[(E] [1nsv][&Bow][1sv][;c] [1nsv][&Bw][1v] [1nsv][&k]s[Bo][1n]
[1nsv][&o]([1Ensv][&)o] [1nsv][&o][1nsv][);U]c [1nsv][&o]f([)1Efnsv] [1nsv][),ABETk]f(f [1nsv][)o]U(E [1nsv][,BETk]f([)1nsv]
[1nsv][;U]E[(n]E [1nsv][;U]E[1nsv][,;cko] [1nsv][BEk](no [1nsv][BEw]so[(1nsv] [1nsv][Bkow][1sv]&[(1fnsv] [1nsv][Bkw][1nsv];c
[1nsv][ETU](n) [1nsv][Ew][1s]UE [1nsv]kUE[kn] [1nsv]k[Un]E[(1fsv] [1nsv]o(EE [1nsv]o[sv]A[st] [1nsv]o[sv][&1Bkw][(ns]
[1nsv]o[sv][&U][Eks] [1nsv]oknc [1nsv]w[1s][Uo]( [1nv]&[nsv]ws [1s]&s1 [1s][&B][nsv][&Bko][(1fns] [1s][&o][1nsv]U;
[1s][Tkw]([sv]) [1s][os]v [1s]f(1n [1s]wsof [1sv]&s)o [1sv])[&Bo][1sv] [1sv]Ek[1sv]o [1sv]Ekf( [1sv]EnEn
[1sv][&;][1ETv]k[1fns] [1sv][&Bko][1nsv]; [1sv][(;U]Ef( [1sv][)E][BEk]([1fnsv] [1sv][)U][Ec] [1sv][Bk]n[&B][(1fnsv]
[1sv][Bw][ns] [1sv][EU][ko](E [1sv]wf(s [EUf](E[(fk][(1] [EUf](E[1nsv][)o] [Ef]([1nsv])[&,;ckno] [Ef]([1sv]&[(1fsv]
[Ef]([Ef]([Efns] [Ek](so1 [Ek]nk([1fnsv] [Esv][Efk]([1nsv][)o] [Tk]f([1nv]) [Us]E[nsv]os [kn]1os[1A] [kn]f([)n]o [ns][1k]s;
[ns][BT]n[BTk]n [ns][Eo]vo( [ns][To][kn]1o [ns][Tt]nn[:o] [ns]o([1nsv], [ns]o[kvw]so [ns]os[ET]s [nsv][Tk]([1sv][)o]
[nv][&B][nv][&B][(1s] f()UE f()[,n][(1] f()c f()kn f()ok f(1)B f(E[1osv][&k] f([)1ns][&)o][1fns] f([)1nstv][&,][(f] f([1nsv])
k([1ns]), k(n)k k(nov kn,(n knk[1sv][Uo] knkf( knknU ksonk kvo(1 n&k1o n&ko1 n&n)[&o] n&nU; n&vs; n)o[sv] n1of( n;Ef( n;Tk[1s]
n;Tn, nB([1s]& nBnc nBnk1 nTn(f nTntn nUk(E n[Bk]n&[(1fsv] n[Bw]s n[Ek][1sv]c nk1B1 nknBn nok(v nos)[,ko] nos1U nos[Tf]( nov;T
novAf novU; novw1 nt[ET]nn s&ko[(1ks] s&n;T s&s)& s)k1B s)kB[sv] s)ovo s1UE s1[ns]c s1f(f s1s;c s;Ek( s;EsT s;TTn s;n:T
sBn,[(f] sEU1c sE[nv]Tn sEknE sEkok sEsTs sEv;T sEvof sTE1n sT[nv]os sTn;n sTnTv sUE[1s]f s[&)]knw s[&E][1s]T[nv] s[&Eo][1s];T
s[&k][1n]En s[&o][1nsv][&Bkw][(1fsv] s[To]n[(E][1fsv] s[Tw]1o[(sv] sk)Es sk)[&B][(1fns] sk)[fo]( sk[)n][;U][ET] so1&k so1)f
so1T( so1[(s][Uv] so1n[(,E] soUE[kn] so[1k][Ev]o so[1knsv][,f]( so[1n][AU]s so[1ns])[&,BU] so[1ns][,A][ft] so[1nsv][&(;B]E
so[1nsv][)U][;Eko] so[1sv][Bk][)n] so[ns][&;BET][nv] sok&s son1U sonE( sonk) sosTf sov)U sowsc svson v&[1s]U v&vBn v&vk( v)on
vTnno v[&B]nkn v[&o][ns] v[&o]s[Bk][1fn] vo(1, voskv
"""


def _spelled(pattern: str) -> Iterator[str]:
    choices = [choice.strip("[]") for choice in re.findall(r"\[[^]]*\]|.", pattern)]
    return ("".join(letters) for letters in itertools.product(*choices))


SHAPES: Final = frozenset(letters for pattern in _PATTERNS.split() for letters in _spelled(pattern)) | {"X"}
"""The shapes of injections, one to five letters each."""

BEGINNINGS: Final = frozenset(shape[:length] for shape in SHAPES | DOUBTFUL for length in range(len(shape) + 1))
"""All beginnings of shapes."""
