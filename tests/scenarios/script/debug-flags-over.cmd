bcdedit /store F:\boot\bcd /set {bootmgr} nointegritychecks on
bcdedit /store F:\boot\bcd /set {default} nointegritychecks on
bcdedit /store F:\boot\bcd /set {default} bootlog yes
bcdedit /store F:\boot\bcd /set {default} integrityservices disable

REM The article's block, misprints and all; testsigning was never set
bcdedit /store <OS DISK LETTER>:\boot\bcd /deletevalue {bootmgr} nointegritychecks
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {bootmgr} integrityservices enable

bcdedit /store <OS DISK LETTER>:\boot\bcd /deletevalue {default} bootlog
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} bootstatuspolicy ignoreallfailures
bcdedit /store <OS DISK LETTER>:\boot\bcd /deletevalue {default} nointegritychecks
bcdedit /store <OS DISK LETTER>:\boot\bcd /deletevalue {default} testsigning
bcddit /store <OS DISK LETTER>:\boot\bcd /set {default} recoveryenabled no
bcdedit /store <OS DISK LETTER>:\boot\bcd /set {default} integrityservicesenable
