"""The shapes of SQL injections: which folded letters only occur where somebody writes SQL into a value.

Measured, not invented: sentences of a grammar of injections and public payloads on one side, prose, source text, logs and
catalogues of messages in many languages on the other were read, a widely used detector was asked about each, and the shapes
that separate the two were gathered into as few patterns as cover them (`bench/attacks/agreement.py` repeats the measurement).
A pattern has one letter, or a choice in square brackets, for each letter of a shape. Knows nothing of how a value is read;
letters are those of `sqli_folding`.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Final

DOUBTFUL: Final = frozenset(("1c", "nc", "sc", "vc", "sos", "s&s", "1&1", "n&1", "s&n", "1&s", "1&v", "1U"))
"""Shapes of injections that harmless values have as well: they need a closer look."""

_PATTERNS: Final = r"""
&(v)U &(vof &[1ns]ov[Us] &[1s]UEs &[nsv]o[(s][1Ufs] &no(n &sUEk &vUEk &vUEs )&(E[kn] )UE[(k][1fnsv] 1&1)& 1&1;T 1&E1k
1&EUE 1&Es 1&k1o 1&kf( 1&vBv 1&vsc 1)wnc 1Af() 1Bn,f 1Bvks 1Ek(s 1Ekok 1Evo( 1T1os 1UEn[fn] 1UTns 1Uon1 1[(n]U(E
1[kn][(E][1sv]o 1[ns]UE 1knEn 1n(v) 1n)UE 1nE([1fnsv] 1nE[1sv]c 1nEno 1nUE; 1os)U 1os1U 1ov[)U]o 1ovkU 1sf() 1sf(f
;T(E[fk] ;Tknc E(1)B E(E[1v]& E(f([)1] E(n(s E(n,f E(n1) E(s)B E(s,f E(vs) E1); E1);[(c] E1)of E1)on E1[;o](E E1k([ns]
E1kf( E1kvk E1n)U E[1k]nk[1n] E[1nosv][Uk](E E[1nsv]) E[1nsv]B1) E[1nsv]k[1ns]k E[1nv]kn[);Uc] E[1s])&[(fs]
E[1sv]&([1fsv] E[1sv]&[1sv][)o] E[1sv])c E[1sv][&,]f( E[1sv]kn E[1sv]o(s E[1v])[&o][(1s] E[1v],([1fnsv] E[fk](E[(1fknsv]
E[sv]);E E[sv]os[)1B] Ef()[;Bk] Ef()o Ef([)1s], Ef(o) Ef(s& Ef(v& Ef(v, Ek(1s Ek1&1 Ek1[nov][fk] Ek1f( Ek1kv Ek1n Ek1ov
Ek1sk EkEk( Ek[1sv][ko][(1ns] Ekf() Ekf([1Efnsv] Ekn(1 Ekn1[ko] Eknk[(v] Eko(1 Ekv&f Ekvkv En&so En)os En1o( Enkn, EnknB
Enkvk Eoknk Es&(E Es)&1 Es)o[(s] Eskf( Eskn) Eskvk Eso1) Ev)on Ev)ov Ev[ns]c Evkf( Evkvk Evkvo T(f(n T(n[(o][1s]
T(n[ns][)o] T(vv) Tn(1) Tn[1s]; Tn[1v]os Tnso1 Tso(n Tvf(1 U(E([fnsv] U(E(k U(Eok UE([1nsv][),o] UE(f( UE1w1 UE[1n]o[sv]
UE[1nsv];c UE[1nsv][,k][(fn] UE[1sv] UE[1sv]ws UE[1v]; UEf([)1fnsv] UEk1 UEkn UEkn, UEknk UEsk1 [&1]nUE[(1fknsv]
[&1ns]f()[Ufo] [&1sv][,Ef]([1nsv][)o] [&ETk](so[(1fns] [&E][1nsv]UE[(1fnv] [&E][nv]of( [&Efk]([1nsv]o[(s]
[&Ekn]1o[(s][1f] [&Tk]([1nsv])o [&Tk]f(f( [&f]([)1ns]o[fsv] [&f]([1ns])[EU] [&fk](f([)1fnsv] [&k][1nsv]o([fv]
[&k][1s]o[(1][1fns] [&k][1s]o[fn]( [&n][1s]o[1sv]U [&ns]1UEk [&s]vo([1ns] [&w]son[1U] [)1nsv]UE[1nsv][kow] [)n]UEf(
[1ET]n(s) [1EUfsv](Ek[fn] [1E]n[&(,E]f( 1vs Ev[ns] [1Ensv][BEfkw](f( [1Ensv]f(n, [1Ufsv](Enk [1Unsv]Eso[1s]
[1Usv]E[1nsv]c [1knsv][,Bf]([1sv][)o] [1n];T[(n][,1cnsv] [1n]o[sv][&B][1Efv] [1n]sUE[;ck] [1ns]&s1 [1ns];Tkk [1ns];To(
[1ns];Tsf [1ns]E[nv]UE [1ns]Tn[1ns][co] [1ns][&o][1sv][Bkw][1ns] [1ns]k1;[ET] [1ns]k1Es [1ns]ok([1fns] [1ns]ok1c
[1nsv]&([1nsv]& [1nsv]&[1ns]f( [1nsv]&[sv][Bko]n [1nsv]&s1[;c] [1nsv]&vs [1nsv])&[1nsv]f [1nsv]);[ET]o [1nsv])B1n
[1nsv])[&BE][1nsv][co] [1nsv])[&BEko]f( [1nsv])[&B][1nsv] [1nsv])[&Bkw][1sv][&;Uo] [1nsv])[&ko][1nsv][&;BU]
[1nsv])[&o]([1Efnsv] [1nsv])[&o][1nsv]) [1nsv])[,BEk]([1fnsv] [1nsv])[;U][ET][(1fknsv] [1nsv])[Bo][1nsv][&;Uckw]
[1nsv])kB[(1fn] [1nsv])k[1Un]E [1nsv];T; [1nsv];T;c [1nsv];T[(1fknv][(f] [1nsv];T[(k][1Esv] [1nsv];T[nv]t
[1nsv];[ET][1nsv][;Tcko] [1nsv]AtUE [1nsv]Ato[(1fnsv] [1nsv]B1,[(f] [1nsv]Eokn [1nsv]T[nv](1 [1nsv]U;c [1nsv]UE[(k]o
[1nsv]UE[1;cfknsv] [1nsv]UE[1nsv][&()Bs] [1nsv]UE[1ov][(knw] [1nsv]UE[;k]c [1nsv]UE[ns]1 [1nsv]UEf[,;] [1nsv]U[;Ec]
[1nsv][&);U]E[(k][1fnsv] [1nsv][&)B]Ek( [1nsv][&)][Bk]nk [1nsv][&,Ufo](E[(1fknsv] [1nsv][&,fo][(v][Ef](
[1nsv][&B]1[&Bkw][1ns] [1nsv][&B][1ns][Bko][(1fsv] [1nsv][&Bk][1sv][&o][(fsv] [1nsv][&Bko][1nsv]U[(E]
[1nsv][&Bow][1sv][;c] [1nsv][&Bw][1v] [1nsv][&o]([1Ensv][)o] [1nsv][&o][1nsv]U [1nsv][&o][1nsv][);U]c
[1nsv][&o][1nsv][Bk][(1fs] [1nsv][&o]f([)1Efnsv] [1nsv][),ABETk]f(f [1nsv][)o]U(E [1nsv][)o]knc [1nsv][,BETk]f([)1nsv]
[1nsv][,BEfk](no [1nsv][;U]E[(n]E [1nsv][;U]E[1nsv][,;cko] [1nsv][Bkw][1nsv];c [1nsv][Bkw][1s][&o][(1fnsv]
[1nsv][Ew][1s]UE [1nsv]f()[nos] [1nsv]kUE[(1fknsv] [1nsv]knE[(1fv] [1nsv]o(EE [1nsv]o[sv]A[st] [1nsv]o[sv][&1Bkw][(ns]
[1nsv]w[1s]U( [1s][&o][1nsv]U; 1[os]v s[1os]v [1s][Tkw]([sv]) [1s]f(1n [1sv]&En [1sv]&[1nsv])o [1sv]&kc [1sv])o[1sv]
[1sv];T[(kn][1ns] [1sv]Ek([1fnv] [1sv]Ekf( [1sv]EnEn [1sv][&B]n[Bk]n [1sv][&Bk][1nsv][;c] [1sv][(;U]Ef( [1sv][)U]c
[1sv][Bko][1nsv]&[(1fnsv] [1sv][Bw][ns] [1sv][EU][ko](E [1sv][Eo]k[1sv]o [1sv][Uk]([ns][)o] [1sv]wf(s [1v]o[sv][&U][Eks]
[1v]o[sv]kv [EUf](E[(fk][(1] [EUf](E[1nsv][)o] [Ef]([1nsv])[&,;ckno] [Ef]([1sv]&[(1fsv] [Ef]([Ef]([Efns] [Ek]nk([1fnsv]
[Esv][fk]([1nsv][)o] [Tk]f([1nv]) [Tn]1o(n [Us]E[Uk]1c [ns]&k1o [ns]&ko[(1ks] [ns][&o]([1nsv][&,] [ns][1k]s; [ns][1s]UE
[ns][BT]n[Tk]n [ns][Eo]vo( [ns][To][kn]1o [ns][Tt]nn[:o] [ns]o[1sv][&U][Eks] [ns]os[ET]s [nsv][&o][ns]ws
[nsv][ETk]([1sv][)o] f()&[Ev] f()UE f()[,n][(1] f()c f()kn f()ok f(1)B f(E(v f(E[1osv][&k] f(Eks f([)1ns][&)o][1fns]
f([)1nstv][&,][(f] f([1nsv]) f(v)s k(1), k(1ov k([ns])[,k] k(nov k(v), k1osA kf([)n]o kn,(n knk[1sv][Uo] knkf( knknU
ksonk ksos1 kvo(1 kvo(n n&n)[&o] n&nU; n&s)o n&vs; n)o[sv] n1UE; n1o([sv] n1of( n1ovs n;Ef( nB([1s]& nBnc nEUEf nT1os
nTn(f nTntn nUk(E n[Bk][nv]&[(1fsv] n[Bk]nBn n[Bw]s n[ETU](n[)o] n[Ek][1sv]c nf()k nk1B1 nknEs nkv&n nok(v nokso
nos)[,ko] nos1U nosEn nos[Tf]( noskv nov;T novAf novU; novkv nsonU nt[ET]nn nwn s&1)U s&1[ET]n s&n;T s&s&n s&s)& s&vBv
s&vkv s)kB[sv] s)ovo s1[ns]c s1f(f s1s;c s;E1t s;Ek[(o] s;T1, s;TTn s;Tn[Ev] s;n:T sBn,[(f] sBvkn sE1Tv sE[1nv]Tn sEk(s
sEknE sEkok sEv;T sEvof sT(no sT1o( sTE1n sTEkf sTn;n sTnTv sUE[1s]f sUEfc sUEvf s[&)]knw s[&Eo][1s];T s[&o][ns][;BET]n
s[ET][1nv]os s[Eo]sT[fnsv] s[Ev]son s[To]n[(E][1fsv] sf()k sk)[fo]( sk[)n][&BE][(1fns] sk[)n][;U][ET] skv;E so1As
so1E[(1v] so1T[(f] so1[(s][Uv] so1[Ev]o so1n[(,E] soUE[kn] so[1knsv][&BUk][(sv] so[1knsv][,f]( so[1n])[Bf]
so[1ns][,A][ft] so[1nsv])[&,;EUko] so[1nsv]U[;ko] so[1nsv][(;B]E so[1nsv]k) so[vw]s[co] sok(v son&k son1U son; sonE(
sonw1 sos1U sosE1 sov)B sov,f sovAf svo(f v&s1 v)on v;Tsf vEUEf vEnUE vEvos vTnn[co] vUEnf v[&o][ns] vo(1& vo(1, vosf(
wsovs
"""


def _spelled(pattern: str) -> Iterator[str]:
    choices = [choice.strip("[]") for choice in re.findall(r"\[[^]]*\]|.", pattern)]
    return ("".join(letters) for letters in itertools.product(*choices))


SHAPES: Final = frozenset(letters for pattern in _PATTERNS.split() for letters in _spelled(pattern)) | {"X"}
"""The shapes of injections, one to five letters each."""

FLAGGED: Final = SHAPES | DOUBTFUL
"""All shapes that may be those of an injection."""

_WEAK: Final = """
&no( 1), 1)o(1 1)o1 1,(n 1,(s 1o(n 1of(1 1os; E(n); Esk T f(1) f(f(n f(n f(s), f(s)n f(so k n&(n n&n n&v n)&( n)&n n)o
n), n,(s n,f(n n1 n;T(n n;Tnn nB( nE nT nc nf nk( nkf nkn nks no nt s&n s)&n s)on s),(n s),(s s,(1 s,(n s,(s sBs sE( sEn
sEso sT( sTnk sTnn sf() sf(1o sf(n sf(s sk( skf skn sks so(n so1), soks son sos v&v
"""

WEAK: Final = tuple(_WEAK.split())
"""Beginnings of shapes that values have which hold program text or quotations as often as those that hold injections."""

BEGINNINGS: Final = frozenset(shape[:length] for shape in SHAPES | DOUBTFUL for length in range(len(shape) + 1))
"""All beginnings of shapes."""
